import type { Dice } from "./dice.ts";
import type { Tolerance } from "./oracle.ts";
import type { Stage } from "./stage.ts";
import type { Store } from "./store.ts";

/** What a scenario measured, by name; times in milliseconds. */
export type Figures = Record<string, number>;

/** How much of it is done. */
export interface Scale {
  /** Kills, restarts. */
  times: number;
  clients: number;
}

/** Something that goes wrong while clients and backends are at work. */
export interface Scenario<Place extends Store = Store> {
  name: string;
  /** One sentence. */
  title: string;
  /** What it takes where nothing else is asked for. */
  scale: Scale;
  /** The folder `gateway` of the checkout that the first nodes are of; this one's where absent. */
  source?: string;
  /** Where the nodes meet. */
  open(dice: Dice): Promise<Place>;
  /** Variables of a node over those of every run. */
  env?(place: Place, index: number): Record<string, string>;
  tolerance(place: Place, channel: string): Tolerance;
  /** A Redis that is away closes no socket; nodes that end do. */
  keepsSockets: boolean;
  /** Redis itself forgets who is there, which only a node's next lease puts right. */
  losesPresence?: boolean;
  /** Brings it about, and puts everything right again. */
  strike(stage: Stage<Place>): Promise<Figures>;
  /** Highest allowed figures; those of `npm run chaos -- --goals`. */
  goals?: Figures;
}
