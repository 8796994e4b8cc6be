import { Component, type ReactNode } from "react";
import { define, useMessages } from "../i18n/messages";
import { ErrorNote } from "./ErrorNote";

const messages = define({
  en: { failed: "This part of the page failed" },
  zh: { failed: "页面的这一部分出错" },
});

/**
 * Boundary keeps an error in a part of a page from replacing the whole page,
 * and offers to show the part again.
 */
export class Boundary extends Component<{ children: ReactNode }, { error: unknown; failed: boolean }> {
  override state = { error: undefined as unknown, failed: false };

  static getDerivedStateFromError(error: unknown) {
    return { error, failed: true };
  }

  override render() {
    const { error, failed } = this.state;
    if (!failed) return this.props.children;
    return <Broken error={error} onRetry={() => this.setState({ error: undefined, failed: false })} />;
  }
}

function Broken({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const m = useMessages(messages);
  return <ErrorNote error={error} title={m.failed} onRetry={onRetry} />;
}
