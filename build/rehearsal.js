const { randomBytes } = require('node:crypto');

/**
 * What a rehearsal build is told of itself (src/koii/rehearsal.ts takes it from here); undefined for any other build.
 *
 * @param {{ release?: boolean, rehearsal?: boolean | string, record?: boolean, 'rehearsal-id'?: string }} env webpack's:
 *   rehearsal casts no vote and hands in no list, rehearsal=own does everything; record keeps the calls of the node
 * @returns {{ id: string, isShared: boolean, isRecording: boolean } | undefined} id tells one build from another in a log
 * @throws Error that says what was expected, and what it got
 */
function builtRehearsal({ release, rehearsal, record, 'rehearsal-id': id = newId() }) {
  if (rehearsal === undefined) {
    if (record !== undefined)
      throw new Error('--env record is for rehearsals: it needs --env rehearsal');
    return undefined;
  }
  if (release) {
    throw new Error(
      '--env release and --env rehearsal exclude each other: a rehearsal build must not be deployed',
    );
  }
  if (rehearsal !== true && rehearsal !== 'shared' && rehearsal !== 'own') {
    throw new Error(`--env rehearsal=${rehearsal} is invalid. Expected shared or own.`);
  }
  if (!/^[0-9a-f]{8}$/.test(id)) {
    throw new Error(`--env rehearsal-id=${id} is invalid. Expected eight hexadecimal digits.`);
  }
  return { id, isShared: rehearsal !== 'own', isRecording: record !== undefined };
}

function newId() {
  return randomBytes(4).toString('hex');
}

module.exports = { builtRehearsal };
