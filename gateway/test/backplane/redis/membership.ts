import { type ChildProcess, fork } from "node:child_process";
import type { Task } from "./member.ts";

interface Answer {
  id: number;
  executed: { kind: string }[];
}

/** A node in a process of its own. */
export class Member {
  readonly #child: ChildProcess;
  #count = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(server: { url: string }, node: string, tells = false): Promise<Member> {
    const member = new Member(
      fork(new URL("member.ts", import.meta.url), [server.url, node, ...(tells ? ["tells"] : [])]),
    );
    await member.#answer(0);
    return member;
  }

  async do(task: Omit<Task, "id">): Promise<Answer> {
    this.#count += 1;
    this.#child.send({ id: this.#count, ...task });
    return this.#answer(this.#count);
  }

  kill(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(signal);
  }

  #answer(id: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const end = () => reject(new Error("The member has ended."));
      const listen = (answer: Answer) => {
        if (answer.id !== id) return;
        this.#child.off("message", listen).off("exit", end);
        resolve(answer);
      };
      this.#child.on("message", listen).once("exit", end);
    });
  }
}
