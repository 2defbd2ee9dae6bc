/** Files that are dropped anywhere on a page. */

/** @param isHere whether the page takes files now */
export function watchDrops(
  take: (dropped: DataTransfer) => void,
  isHere: () => boolean = () => true,
): void {
  const { classList } = document.body;
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    if (isHere()) classList.add('dropping');
  });
  document.addEventListener('dragleave', ({ relatedTarget }) => {
    if (!relatedTarget) classList.remove('dropping');
  });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    classList.remove('dropping');
    if (isHere() && event.dataTransfer) take(event.dataTransfer);
  });
}
