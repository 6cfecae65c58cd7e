/** Browsers open six connections to an origin, for all of its pages together: two are left for all else. */
const MOST_STREAMS = 4;

/** Has the pages of this browser that are in sight take turns, where they are more than may have a stream at a time. */
export class Turns {
  private readonly channel = new BroadcastChannel('orca-dashboard-streams');
  private begunSince = 0;

  /** @param over is called when so many others began after this page that it is the one to give way */
  constructor(over: () => void) {
    this.channel.onmessage = () => {
      if (++this.begunSince === MOST_STREAMS) over();
    };
  }

  /** To be called whenever this page opens a stream. */
  begin(): void {
    this.begunSince = 0;
    this.channel.postMessage('begun');
  }
}
