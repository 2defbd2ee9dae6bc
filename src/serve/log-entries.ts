/** Lines of the log; they never contain an image or a token. */
import type { StreamError } from './schemas.ts';

/** A request. */
export interface RequestLog {
  /** ISO 8601. */
  time: string;
  requestId: string;
  method: string;
  path: string;
  /** Address of the client, where the server knows it. */
  client?: string;
  /** 499: the client closed the connection before the answer. */
  status: number;
  milliseconds: number;
  images: number;
  detections: number;
  /** Code of the error. */
  code?: string;
  /** Text of an internal error, for the log only. */
  error?: string;
}

/** An error of a stream. */
export interface StreamLog extends StreamError {
  /** ISO 8601. */
  time: string;
  /** Name of the stream. */
  stream: string;
  /** The error with the address of the source, for the log only. */
  error: string;
}

/** A line of the log. */
export type LogEntry = RequestLog | StreamLog;
