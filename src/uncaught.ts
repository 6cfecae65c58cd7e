/** What nothing caught since this process started. */
export const uncaught = { rejections: 0, exceptions: 0 };
