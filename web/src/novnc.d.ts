declare module "@novnc/novnc" {
  /** The part of noVNC's RFB that the app uses; its docs/API.md is the specification. */
  export default class RFB extends EventTarget {
    constructor(target: Element, url: string, options?: { shared?: boolean; credentials?: { password?: string } });
    scaleViewport: boolean;
    focusOnClick: boolean;
    focus(options?: FocusOptions): void;
    sendKey(keysym: number, code: string, down?: boolean): void;
    sendCtrlAltDel(): void;
    disconnect(): void;
  }
}
