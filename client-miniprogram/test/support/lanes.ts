import { type Outcome, Simulation } from "./simulation.ts";
import { World } from "./world.ts";

/** A simulation waits for the network most of its time; so many beside each other keep a processor busy. */
const count = 4;

/** Worlds side by side that know nothing of each other; each runs one simulation after the other. */
export class Lanes {
  readonly #worlds: readonly World[];

  private constructor(worlds: readonly World[]) {
    this.#worlds = worlds;
  }

  static async open(): Promise<Lanes> {
    return new Lanes(await Promise.all(Array.from({ length: count }, () => World.start())));
  }

  /** Runs the seeds from `first` to below `end`. @returns those with faults */
  async run(first: number, end: number): Promise<Outcome[]> {
    const faulty: Outcome[] = [];
    let next = first;
    const lane = async (world: World) => {
      while (next < end) {
        const seed = next;
        next += 1;
        const outcome = await new Simulation(world, seed).run();
        if (outcome.faults.length > 0) faulty.push(outcome);
      }
    };
    await Promise.all(this.#worlds.map(lane));
    return faulty;
  }

  async close(): Promise<void> {
    await Promise.all(this.#worlds.map((world) => world.stop()));
  }
}
