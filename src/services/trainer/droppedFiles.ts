/**
 * The files of a dropped folder that make a model: one of each name, the one nearest to the folder's top (checkpoint subfolders
 * repeat the names). Everything else in the folder, optimizer states and other formats' weights, stays where it is.
 */
export function modelFilesOf(files: readonly File[]): File[] {
  const depth = (file: File) => file.webkitRelativePath?.split('/').length ?? 1;
  const nearest = new Map<string, File>();
  for (const file of files) {
    if (
      !/^(config|tokenizer|tokenizer_config|added_tokens|special_tokens_map)\.json$/.test(file.name) &&
      !/^(spiece\.model|vocab\.(txt|json)|merges\.txt)$/.test(file.name) &&
      !/^(.*\.safetensors|pytorch_model.*\.bin)(\.index\.json)?$/.test(file.name)
    )
      continue;
    const known = nearest.get(file.name);
    if (!known || depth(file) < depth(known)) nearest.set(file.name, file);
  }
  // One file stands for the whole, or an index with its shards; weights beside what is read would be copied for nothing.
  const read = ['model.safetensors', 'pytorch_model.bin']
    .flatMap((whole) => [whole, `${whole}.index.json`])
    .find((name) => nearest.has(name));
  return [...nearest.values()].filter(({ name }) => {
    if (!/\.(safetensors|bin)(\.index\.json)?$/.test(name)) return true;
    if (read === undefined || !read.endsWith('.index.json')) return name === read;
    return name === read || name.endsWith(read.includes('.safetensors') ? '.safetensors' : '.bin');
  });
}
