import { Keypair } from '../../sdk-stand-in/namespace-wrapper/keypair';

/** The key pair of RFC 8032 section 7.1, test 2: seed, then public key. */
export const SECRET_KEY = Buffer.from(
  '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb' +
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
  'hex',
);

/** The same for every run: which node makes a list depends on its key, and some keys are never selected. */
export const WALLET = Keypair.fromSecretKey(SECRET_KEY);
