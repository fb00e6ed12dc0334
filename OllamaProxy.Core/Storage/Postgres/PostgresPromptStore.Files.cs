using OllamaProxy.Files;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Files;
using OllamaProxy.Storage.Postgres.Engine;
using OllamaProxy.Storage.Postgres.Tables;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres;

// IFileStore.
public sealed partial class PostgresPromptStore
{
    /// <inheritdoc/>
    public FileContent BeginContent() => new(_staging);

    /// <inheritdoc/>
    public async Task<StoredFile> AddFileAsync(NewFile file, StagedFile content, long maxBytes, CancellationToken cancellationToken)
    {
        var added = default(StoredFile);
        var id = Guid.CreateVersion7(_time.GetUtcNow());
        return (await WriteAsync(now =>
        {
            added = FileRow.Draft(id, file, content, now);
            return FileRow.Add(added, content, maxBytes);
        }, row => FileRow.ReadAdded(row, added!, maxBytes), cancellationToken, 0, null,
            maxBytes > 0 ? [AdvisoryLock.OfFiles(file.Owner)] : []))!;
    }

    /// <inheritdoc/>
    public Task<StoredFile?> FindFileAsync(Guid id, CancellationToken cancellationToken) =>
        _readers.FirstAsync(FileRow.Find(id), FileRow.Read, cancellationToken);

    /// <inheritdoc/>
    public async Task<FilePage> ListFilesAsync(FileQuery query, CancellationToken cancellationToken)
    {
        var files = await _readers.ListAsync(FileRow.List(query), FileRow.Read, cancellationToken);
        return new([.. files.Take(query.Limit)], files.Count > query.Limit);
    }

    /// <inheritdoc/>
    public async Task<LongText> OpenFileAsync(StoredFile file, long offset, CancellationToken cancellationToken) =>
        _longTexts.Join(
            await _readers.ListAsync(FileRow.Texts(file), row => (row.GetInt64(0), row.GetInt64(1)), cancellationToken), offset);

    /// <inheritdoc/>
    public Task<FileDeletion> DeleteFileAsync(Guid id, CancellationToken cancellationToken) =>
        WriteAsync(_ => Call("remove_file", Of(id)), row => (FileDeletion)row.GetInt32(0), cancellationToken);

    /// <inheritdoc/>
    public Task<int> RemoveExpiredFilesAsync(int limit, CancellationToken cancellationToken) => WriteAsync(
        now => Call("remove_expired_files", Of(now.ToUnixTimeMilliseconds()), Of(limit)), row => row.GetInt32(0), cancellationToken);
}
