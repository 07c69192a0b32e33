/** Work that is done again and again. */
export interface Repeated {
  /** Ends it, and waits for the round that runs. */
  stop(): Promise<void>;
}

/** Does some work every so many ms, one round at a time: a round that takes longer lets the next ones pass. `onError` hears of what it throws. */
export function every(milliseconds: number, work: () => Promise<void>, onError: (error: unknown) => void): Repeated {
  let round: Promise<void> | null = null;
  const timer = setInterval(() => {
    round ??= work()
      .catch(onError)
      .finally(() => (round = null));
  }, milliseconds).unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await round;
    },
  };
}
