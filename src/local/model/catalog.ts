import { Failure } from './failure.ts';

type ThinkingType = 'adaptive' | 'enabled' | 'disabled' | 'between_tools';

/** What the API knows about a model. Tokens throughout. */
export interface ModelEntry {
  id: string;
  alias?: string;
  displayName: string;
  line: 'haiku' | 'sonnet' | 'opus' | 'fable';
  createdAt: string;
  retiresAt?: string;
  contextTokens: number;
  maxOutputTokens: number;
  /** Shorter prefixes are not cached, silently. */
  minCachedTokens: number;
  thinking: ThinkingType[];
  /** How it thinks when the request does not say. */
  thinkingByDefault: 'adaptive' | 'disabled';
  displayByDefault: 'summarized' | 'omitted';
  /** Thoughts are tied to the conversation they came from. */
  preservedThinking: boolean;
  /** Text between tool calls comes back in thinking blocks. */
  narratesInThinking: boolean;
  /** `tool_choice` may be `any` or `tool`. */
  forcedToolUse: boolean;
  /** The conversation may end with an assistant message. */
  prefill: boolean;
  /** Messages of the role `system` may follow user messages. */
  systemMessages: boolean;
}

const generation5: Omit<ModelEntry, 'id' | 'displayName' | 'line' | 'createdAt'> = {
  contextTokens: 1_000_000,
  maxOutputTokens: 128_000,
  minCachedTokens: 512,
  thinking: ['adaptive', 'disabled'],
  thinkingByDefault: 'adaptive',
  displayByDefault: 'omitted',
  preservedThinking: false,
  narratesInThinking: false,
  forcedToolUse: true,
  prefill: false,
  systemMessages: true,
};

const tied = { preservedThinking: true, narratesInThinking: true, forcedToolUse: false };

const generation46: typeof generation5 = {
  ...generation5,
  minCachedTokens: 1024,
  thinking: ['adaptive', 'enabled', 'disabled'],
  thinkingByDefault: 'disabled',
  displayByDefault: 'summarized',
  systemMessages: false,
};

const generation45: typeof generation5 = {
  ...generation46,
  contextTokens: 200_000,
  maxOutputTokens: 64_000,
  minCachedTokens: 4096,
  thinking: ['enabled', 'disabled'],
  prefill: true,
};

/** The API gives the epoch for a model whose release date is not known. */
const UNKNOWN_DAY = '1970-01-01';

/**
 * The models that are served: ids of the SDK's `Model` type. Limits, thinking modes and cache minimums are those of
 * the model pages and the thinking and caching guides as of November 2026.
 */
export const MODELS: ModelEntry[] = [
  model('claude-opus-5-5', 'opus', '2026-09-22', { ...generation5, ...tied, thinking: ['adaptive'] }),
  model('claude-sonnet-5-5', 'sonnet', '2026-09-28', {
    ...generation5,
    ...tied,
    thinking: ['adaptive', 'between_tools'],
  }),
  model('claude-haiku-5-5', 'haiku', UNKNOWN_DAY, { ...generation5, preservedThinking: true }),
  model('claude-fable-5-1', 'fable', UNKNOWN_DAY, { ...generation5, ...tied, thinking: ['adaptive'] }),
  model('claude-opus-5', 'opus', '2026-07-24', generation5),
  model('claude-sonnet-5', 'sonnet', UNKNOWN_DAY, { ...generation5, minCachedTokens: 1024 }),
  model('claude-opus-4-8', 'opus', UNKNOWN_DAY, {
    ...generation5,
    minCachedTokens: 1024,
    thinkingByDefault: 'disabled',
  }),
  model('claude-opus-4-6', 'opus', UNKNOWN_DAY, { ...generation46, minCachedTokens: 4096 }),
  model('claude-sonnet-4-6', 'sonnet', UNKNOWN_DAY, generation46),
  model('claude-opus-4-5-20251101', 'opus', '2025-11-01', { ...generation45, alias: 'claude-opus-4-5' }),
  model('claude-haiku-4-5-20251001', 'haiku', '2025-10-01', { ...generation45, alias: 'claude-haiku-4-5' }),
  model('claude-sonnet-4-5-20250929', 'sonnet', '2025-09-29', {
    ...generation45,
    alias: 'claude-sonnet-4-5',
    minCachedTokens: 1024,
    retiresAt: '2026-11-30T00:00:00Z',
  }),
];

/** @throws {Failure} 404 for a model that is not served */
export function findModel(name: string): ModelEntry {
  const entry = MODELS.find(({ id, alias }) => id === name || alias === name);
  if (!entry) throw new Failure(404, `model: ${name}`);
  return entry;
}

/** A model as `GET /v1/models` shows it. */
export function describeModel(entry: ModelEntry) {
  return {
    type: 'model',
    id: entry.id,
    display_name: entry.displayName,
    created_at: entry.createdAt,
    capabilities: null,
    deprecated_at: null,
    lifecycle: entry.retiresAt ? 'deprecated' : 'active',
    line: entry.line,
    max_input_tokens: entry.contextTokens,
    max_tokens: entry.maxOutputTokens,
    retires_at: entry.retiresAt ?? null,
  };
}

function model(
  id: string,
  line: ModelEntry['line'],
  day: string,
  rest: Omit<ModelEntry, 'id' | 'displayName' | 'line' | 'createdAt'>,
): ModelEntry {
  const [family = '', ...version] = id
    .replace(/^claude-/, '')
    .replace(/-\d{8}$/, '')
    .split('-');
  const displayName = `Claude ${family[0]?.toUpperCase()}${family.slice(1)} ${version.join('.')}`;
  return { id, displayName, line, createdAt: `${day}T00:00:00Z`, ...rest };
}
