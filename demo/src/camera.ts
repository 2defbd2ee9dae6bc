/** The camera button: asks for permission, and turns the camera on and off. */
import { byId, setText } from './dom.ts';

interface CameraListener {
  opened(stream: MediaStream): void;
  refused(error: unknown): void;
  stop(): void;
}

export function watchCamera({ opened, refused, stop }: CameraListener): void {
  const button = byId<HTMLButtonElement>('camera');
  if (!navigator.mediaDevices) {
    button.disabled = true;
    setText(byId('camera-note'), '(cameras need https or localhost)');
  }
  button.addEventListener('click', async () => {
    if (button.ariaPressed === 'true') return stop();
    button.disabled = true;
    setText(button.lastElementChild!, 'Allow the camera …');
    try {
      const video = { facingMode: 'environment', width: { ideal: 1280 } };
      opened(await navigator.mediaDevices.getUserMedia({ video }));
    } catch (error) {
      showCamera(false);
      refused(error);
    } finally {
      button.disabled = false;
    }
  });
}

/** Shows whether the camera is on. */
export function showCamera(isOn: boolean): void {
  const button = byId('camera');
  button.ariaPressed = String(isOn);
  setText(button.lastElementChild!, isOn ? 'Stop camera' : 'Camera');
}
