import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// DBC_NODE names the client node that a development server passes requests to.
const node = process.env.DBC_NODE ?? "http://127.0.0.1:5050";

// The node refuses pages of other origins, so the proxy speaks for its own.
const to = { target: node, changeOrigin: true, headers: { Origin: node } };
const proxy = { "/api": { ...to, ws: true }, "/chain": to };

export default defineConfig({
  plugins: [react()],
  build: {
    // The folder holds a committed file, so that go:embed finds it before a build.
    emptyOutDir: false,
    // Inlined as data: URLs they would need a wider Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What every page needs comes in a few files: each costs a request, and zips better in a larger one.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: "frame",
              test: /node_modules\/(react|react-dom|react-router|scheduler|use-sync-external-store|@tanstack\/(query-core|react-query))\//,
            },
            {
              name: "app",
              test: /src\/(app|i18n|money|node|ui\/(Banner|Button|Empty|ErrorNote|Layout|Spinner|Asked|load|use|toast))/,
            },
          ],
        },
      },
    },
    // CosmJS, which is loaded with the first transaction only.
    chunkSizeWarningLimit: 1200,
  },
  server: { proxy },
  preview: { proxy },
  test: { include: ["src/**/*.test.ts"] },
});
