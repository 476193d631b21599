/** Work of which there is one run at a time. Who asks for it meanwhile gets that one. */
export class SingleFlight {
  readonly #work: () => Promise<void>;
  readonly #onFailure: (error: unknown) => void;
  #running: Promise<void> | undefined;

  constructor(work: () => Promise<void>, onFailure: (error: unknown) => void) {
    this.#work = work;
    this.#onFailure = onFailure;
  }

  /** Resolves at the end of the run, however it ended. */
  start(): Promise<void> {
    this.#running ??= this.#work()
      .catch(this.#onFailure)
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  /** The run that there is, or nothing to wait for. */
  get done(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }
}
