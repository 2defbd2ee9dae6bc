/**
 * Notes about a shard that outlive the process, to find the image that kills it: after two deaths, the
 * images are detected one at a time and each is noted before its turn. An image that was noted at two
 * deaths is to blame and becomes an error line; a death by chance costs no image.
 */

/** Plain data, kept in the queue or beside the shard. */
export interface JournalState {
  /** Starts without an end: deaths, once another start follows. */
  starts: number;
  /** Position of the input under way, when the shard is worked through one by one. */
  at?: number;
  /** Positions that were under way at a death, once for each. */
  suspects: number[];
}

/** Keeps the notes of a shard; undefined removes them. */
export type SaveJournal = (state: JournalState | undefined) => Promise<void>;

/** Deaths after which inputs are worked through one by one. */
const CALM_DEATHS = 2;
const DEATHS_TO_BLAME = 2;

export class Journal {
  readonly #save: SaveJournal;
  #state: JournalState;

  private constructor(state: JournalState, save: SaveJournal) {
    this.#state = state;
    this.#save = save;
  }

  /** Notes the start of a shard. */
  static async begin(
    { starts, at, suspects }: JournalState = { starts: 0, suspects: [] },
    save: SaveJournal,
  ): Promise<Journal> {
    const known = at === undefined ? suspects : [...suspects, at];
    const journal = new Journal({ starts: starts + 1, suspects: known }, save);
    await save(journal.#state);
    return journal;
  }

  /** Whether inputs are worked through one by one. */
  get isCareful(): boolean {
    return this.#state.starts > CALM_DEATHS;
  }

  /** Whether an input has killed its process again and again. */
  blames(position: number): boolean {
    return this.#state.suspects.filter((at) => at === position).length >= DEATHS_TO_BLAME;
  }

  /** Notes the input under way. */
  async note(position: number): Promise<void> {
    this.#state = { ...this.#state, at: position };
    await this.#save(this.#state);
  }

  /** The shard was given up without a death. */
  async release(): Promise<void> {
    const { starts, suspects } = this.#state;
    const isClean = starts === 1 && suspects.length === 0;
    await this.#save(isClean ? undefined : { starts: starts - 1, suspects });
  }

  /** The shard is complete. */
  async end(): Promise<void> {
    await this.#save(undefined);
  }
}
