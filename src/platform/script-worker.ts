/**
 * Starts a classic worker whose script travels inside of the package as text. Such a worker holds on
 * to its script once it is constructed, so that the blob URL need not outlive that.
 */
export function scriptWorker(text: BlobPart, name: string, WorkerClass = Worker): Worker {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  try {
    return new WorkerClass(url, { name });
  } finally {
    URL.revokeObjectURL(url);
  }
}
