import { z } from 'zod';

/** A count in the store. Its limit is far above what is ever counted, so that garbage can't make it overflow. */
export const storedCount = z
  .number()
  .int()
  .nonnegative()
  .max(2 ** 50);
