// Where a subscription stands.

/**
 * A place among the events of a channel, to be stored as JSON. `{ offset: 0, epoch: "" }`
 * is the beginning.
 */
export interface EventPosition {
  readonly offset: number;
  readonly epoch: string;
}
