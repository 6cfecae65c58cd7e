import type { FuzzTarget } from '../target';
import { api } from './api';
import { config } from './config';
import { decoder } from './decoder';
import { records } from './records';
import { stratum } from './stratum';

export const TARGETS: readonly FuzzTarget[] = [decoder, records, config, api, stratum];
