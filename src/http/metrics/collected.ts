import { Counter, Gauge, type Registry } from 'prom-client';

interface Described {
  name: string;
  help: string;
  registers: Registry[];
}

/** A gauge whose value is read when Prometheus asks. */
export function collectedGauge(description: Described, read: () => number): void {
  new Gauge({
    ...description,
    collect() {
      this.set(read());
    },
  });
}

/** A counter that is kept elsewhere and read when Prometheus asks; it starts with the process. */
export function collectedCounter(description: Described, read: () => number): void {
  new Counter({
    ...description,
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}
