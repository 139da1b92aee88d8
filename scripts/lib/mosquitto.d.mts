export function findMosquitto(): { executable: string; libraryPath: string | undefined } | undefined
