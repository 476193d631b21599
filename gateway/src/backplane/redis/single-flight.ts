/*
 * Keeps work from running twice at once. Housekeeper, the sweeper, repairs and the slots of a Redis Cluster each have
 * one. Without it a Redis that answers slower than an interval would be asked again by every tick, and two runs would
 * write over each other.
 */

/**
 * Work of which there is one run at a time. Whoever asks for it meanwhile gets that run, which may have read its input
 * already: what has to be seen by a run is put where the run's own loop finds it.
 */
export class SingleFlight {
  readonly #work: () => Promise<void>;
  readonly #onFailure: (error: unknown) => void;
  #running: Promise<void> | undefined;

  /** @param onFailure is given what the work rejected with, since nobody may be waiting for the run */
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
