/** What stands behind a tab. */
export interface Panel {
  /** Draws what is newest; called while the panel is seen. */
  refresh(): void | Promise<void>;
  focus?(): void;
}
