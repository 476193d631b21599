import type { Command, CommandResult, Control, ControlTarget, NodeInfo } from "../ports.ts";
import type { Asked, Questions, ReportKind } from "../reports.ts";

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

  async ask<Kind extends ReportKind>(kind: Kind, about: Questions[Kind]): Promise<Asked<Kind>> {
    return { reports: [await this.#target.report(kind, about)], unreached: [] };
  }

  async nodes(): Promise<NodeInfo[]> {
    return [this.#target.describe()];
  }
}
