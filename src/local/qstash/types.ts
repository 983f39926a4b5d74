/** Headers as the service shows them: canonical names, a list of values each. */
export type HeaderMap = Record<string, string[]>;

export type State =
  | 'CREATED'
  | 'ACTIVE'
  | 'DELIVERED'
  | 'ERROR'
  | 'RETRY'
  | 'FAILED'
  | 'CANCEL_REQUESTED'
  | 'CANCELED';

export interface FlowControl {
  key: string;
  parallelism?: number;
  rate?: number;
  periodSeconds: number;
}

/** How one request goes out. A message has one; each of its callbacks has another. */
export interface DeliveryOptions {
  method: string;
  header: HeaderMap;
  maxRetries: number;
  retryDelayExpression?: string;
  timeoutMs?: number;
  delayMs: number;
  /** Wins over `delayMs`. */
  notBefore?: number;
  flowControl?: FlowControl;
}

export interface CallbackTarget {
  url: string;
  delivery: DeliveryOptions;
}

export interface Redaction {
  body: boolean;
  allHeaders: boolean;
  headers: string[];
}

/** What a publish, an enqueue, a batch item or a schedule asks for. */
export interface PublishOptions {
  delivery: DeliveryOptions;
  callback?: CallbackTarget;
  failureCallback?: CallbackTarget;
  deduplicationId?: string;
  contentBasedDeduplication: boolean;
  labels: string[];
  redaction?: Redaction;
}

export interface Message {
  messageId: string;
  /** Order of arrival; queues follow it. */
  sequence: number;
  url: string;
  /** Base64, so that any bytes survive in the state file. */
  body: string;
  delivery: DeliveryOptions;
  callback?: CallbackTarget;
  failureCallback?: CallbackTarget;
  labels: string[];
  redaction?: Redaction;
  queueName?: string;
  /** The queue whose next message waits for this callback. */
  blocksQueue?: string;
  scheduleId?: string;
  /** Epoch milliseconds. */
  notBefore: number;
  createdAt: number;
  retried: number;
}

export interface Schedule {
  scheduleId: string;
  cron: string;
  destination: string;
  body: string;
  options: PublishOptions;
  queueName?: string;
  isPaused: boolean;
  createdAt: number;
  nextAt?: number;
  lastAt?: number;
  lastStates: Record<string, 'IN_PROGRESS' | 'SUCCESS' | 'FAIL'>;
}

export interface Queue {
  name: string;
  parallelism: number;
  paused: boolean;
  createdAt: number;
  updatedAt: number;
}

export interface FlowKey extends FlowControl {
  paused: boolean;
  pinnedParallelism: boolean;
  pinnedRate: boolean;
  rateCount: number;
  periodStart: number;
}

/** What the destination answered, or why it did not. `status` 0 means no answer. */
export interface Answer {
  status: number;
  header: HeaderMap;
  /** Base64. */
  body: string;
  error?: string;
}

export interface DeadLetter {
  dlqId: string;
  message: Message;
  failedAt: number;
  answer: Answer;
}

export interface LogEntry {
  /** Position in the log, which is what cursors count. */
  position: number;
  time: number;
  state: State;
  message: Message;
  error?: string;
  answer?: Answer;
  nextDeliveryTime?: number;
}
