import type { KeyPair } from './keys';
import { asRound, createMethods, onTime, type MethodContext, type Methods } from './methods';

/**
 * The methods of a node whose operator changed its software: those of any node, and what the ledger lets pass beyond
 * them. The task of a cheat calls them by a plain POST to its node.
 *
 *     submitRaw(value, round)             without the node's own look whether a submission is there
 *     writeAccount(account, round, text)  any text, in any account that is no other node's staking key
 *     nameList(account, round)            any account, as this key's list
 *     addStake(roe)                       adds to this key's stake or, below 0, takes from it
 *     extraKeys()                         the public keys of the operator's further keys
 *     asExtra(n, method, ...args)         a method, these included, with the n-th of them, from 0, as the submitter
 */
export function createModifiedMethods(
  context: MethodContext,
  extraKeys: readonly KeyPair[],
): Methods {
  const { accounts } = context;
  const ownKeys = [accounts.staking, ...extraKeys];
  const publicKeys = ownKeys.map(({ publicKey }) => publicKey);
  const operator: Methods = {
    extraKeys: () => publicKeys.slice(1),
    asExtra: (n, method, ...args) => {
      const methods = typeof n === 'number' ? extras[n] : undefined;
      if (methods === undefined) throw new RangeError(`there is no extra key ${String(n)}`);
      const name = String(method);
      if (!Object.hasOwn(methods, name)) throw new Error(`${name} is not simulated`);
      return methods[name]!(...args);
    },
  };
  const [own, ...extras] = ownKeys.map((staking): Methods => {
    const keyContext = { ...context, accounts: { ...accounts, staking } };
    const further = furtherMethods(keyContext, publicKeys);
    return { ...createMethods(keyContext), ...onTime(further, context), ...operator };
  });
  return own!;
}

function furtherMethods({ accounts, ledger }: MethodContext, ownKeys: readonly string[]): Methods {
  const submitter = accounts.staking.publicKey;
  return {
    submitRaw: (value, round) => ledger.submit(submitter, asRound(round), asText(value)),
    writeAccount: (account, round, text) => {
      const name = asText(account);
      // One operator holds all of its keys: it writes the account of each as that key.
      const writer = ownKeys.includes(name) ? name : submitter;
      ledger.writeAccount(writer, name, asRound(round), asText(text));
    },
    nameList: (account, round) => ledger.nameList(submitter, asText(account), asRound(round)),
    addStake: (roe) => {
      if (typeof roe !== 'number') throw new TypeError('a stake is a number of ROE');
      ledger.addStake(submitter, roe);
    },
  };
}

function asText(value: unknown): string {
  if (typeof value !== 'string') {
    throw new TypeError(`expected a string, got ${JSON.stringify(value)}`);
  }
  return value;
}
