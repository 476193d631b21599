import type { Command, CommandResult, Control, ControlTarget, NodeInfo } from "../ports.ts";

/** Commands where there is one node: it executes them itself. */
export class MemoryControl implements Control {
  readonly #target: ControlTarget;

  constructor(target: ControlTarget) {
    this.#target = target;
  }

  async send(command: Command): Promise<CommandResult> {
    const { connections } = await this.#target.execute(command);
    return { connections, unreached: [] };
  }

  async nodes(): Promise<NodeInfo[]> {
    return [this.#target.describe()];
  }
}
