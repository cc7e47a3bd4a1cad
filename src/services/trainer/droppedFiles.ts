/**
 * The files of a dropped folder that make a model: one of each name, the one nearest to the folder's top (checkpoint subfolders
 * repeat the names). Everything else in the folder, optimizer states and other formats' weights, stays where it is.
 */
export function modelFilesOf(files: readonly File[]): File[] {
  const depth = (file: File) => file.webkitRelativePath?.split('/').length ?? 1;
  const nearest = new Map<string, File>();
  for (const file of files) {
    if (
      !/^(config\.json|tokenizer(_config)?\.json|spiece\.model|vocab\.(txt|json)|merges\.txt|pytorch_model\.bin|.*\.safetensors(\.index\.json)?)$/.test(
        file.name,
      )
    )
      continue;
    const known = nearest.get(file.name);
    if (!known || depth(file) < depth(known)) nearest.set(file.name, file);
  }
  // model.safetensors stands for the whole, or an index with its shards; weights beside them would be copied for nothing.
  const isWhole = nearest.has('model.safetensors');
  const isSharded = nearest.has('model.safetensors.index.json');
  return [...nearest.values()].filter(({ name }) => {
    if (name === 'pytorch_model.bin') return !isWhole && !isSharded;
    return !isWhole || !name.includes('.safetensors') || name === 'model.safetensors';
  });
}
