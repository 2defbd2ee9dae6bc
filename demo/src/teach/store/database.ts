/** Promises around IndexedDB. */

const NAME = 'refinedet-teach';
const VERSION = 1;

/** Object stores: what is read often is apart from the files. */
type StoreName = 'labels' | 'files' | 'values';

export function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    request.result.createObjectStore('labels', { keyPath: 'name' });
    request.result.createObjectStore('files');
    request.result.createObjectStore('values');
  };
  return result(request);
}

export function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Changes stores in one transaction that is on disk when this resolves. */
export async function change<T>(
  database: IDBDatabase,
  names: readonly StoreName[],
  work: (store: (name: StoreName) => IDBObjectStore) => Promise<T>,
): Promise<T> {
  const transaction = database.transaction([...names], 'readwrite', { durability: 'strict' });
  const complete = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(readable(transaction.error));
  });
  complete.catch(() => {}); // reported below
  try {
    const value = await work((name) => transaction.objectStore(name));
    await complete;
    return value;
  } catch (error) {
    await complete; // says why, where the transaction was aborted
    throw error;
  }
}

function readable(error: DOMException | null): Error {
  if (error?.name !== 'QuotaExceededError') return error ?? new Error('the browser has given up');
  return new Error('the storage of this browser is full: save a zip, then free space on the disk');
}

/** Reads from one store. */
export function read<T>(
  database: IDBDatabase,
  name: StoreName,
  request: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  return result(request(database.transaction(name).objectStore(name)));
}
