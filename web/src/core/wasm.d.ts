// What scripts/wasm.sh makes of crates/wasm/src/device.rs; written down here so that the page can be checked without
// building it.
declare module '#wasm' {
  export type Output =
    | ['connect', server: string]
    | ['disconnect']
    | ['transmit', frame: Uint8Array<ArrayBuffer>]
    | ['answer', id: number, answer: string]
    | ['refusal', id: number, error: string]
    | ['event', event: string]
    | ['fatal', error: string]

  export class Device {
    private constructor()
    static open(key: Uint8Array, seed: Uint8Array, now: number, anew: boolean): Promise<Device>
    hasAccount(): boolean
    request(now: number, id: number, request: string): void
    cancel(now: number, id: number): void
    connected(now: number): void
    disconnected(now: number): void
    frame(now: number, frame: Uint8Array): void
    network(now: number, there: boolean): void
    timeout(now: number): void
    poll(): Output | undefined
    nextTimeout(): number | undefined
  }

  /** Fetches and compiles the file beside the script. */
  export default function init(): Promise<unknown>
}
