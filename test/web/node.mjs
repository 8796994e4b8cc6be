// A client node of a test's own, in addition to the devnet's, to be killed.
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const { DBC_HOME: home } = process.env;
const dbc = resolve(import.meta.dirname, "../../bin/dbc");

/** freePort returns a free port on loopback. */
function freePort() {
  return new Promise((done, fail) => {
    const server = createServer().once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/**
 * clientNode configures one like the devnet's own, with separate ports and
 * files.
 */
export async function clientNode() {
  const folder = await mkdtemp(join(tmpdir(), "dbc-web-node-"));
  const [http, p2p] = [await freePort(), await freePort()];
  const base = `http://127.0.0.1:${http}`;
  const like = await readFile(`${home}/devnet/client0/conf/core.conf`, "utf8");
  const own = like.replace(/^http_port=.*$/m, `http_port=${http}`).replace(/^net_listen_port=.*$/m, `net_listen_port=${p2p}`);
  await mkdir(join(folder, "conf"));
  await writeFile(join(folder, "conf/core.conf"), own);
  await writeFile(join(folder, "conf/peer.conf"), await readFile(`${home}/devnet/client0/conf/peer.conf`, "utf8"));
  await run(["node", "init", "--home", folder, "--role", "client"]);
  let process;
  return {
    base,
    /** start resolves when the node answers. */
    async start() {
      process = spawn(dbc, ["node", "start", "--home", folder], { stdio: ["ignore", "ignore", "inherit"] });
      const ended = new Promise((_, fail) => process.once("close", (code, signal) => fail(new Error(`the node ended: ${code ?? signal}`))));
      ended.catch(() => {});
      for (;;) {
        const answers = fetch(`${base}/api/v1/web`).then(({ ok }) => ok, () => false);
        if (await Promise.race([answers, ended])) return;
        await new Promise((done) => setTimeout(done, 200));
      }
    },
    /** kill prevents it from writing anything more. */
    async kill() {
      const gone = new Promise((done) => process.once("close", done));
      process.kill("SIGKILL");
      await gone;
    },
    /** remove ends it, if it runs, and deletes its files. */
    async remove() {
      if (process && process.exitCode === null && process.signalCode === null) await this.kill();
      await rm(folder, { recursive: true });
    },
  };
}

function run(args) {
  return new Promise((done, fail) => {
    const child = spawn(dbc, args, { stdio: ["ignore", "ignore", "inherit"] });
    child.once("error", fail).once("close", (code) => (code === 0 ? done() : fail(new Error(`dbc ${args.join(" ")}: ${code}`))));
  });
}
