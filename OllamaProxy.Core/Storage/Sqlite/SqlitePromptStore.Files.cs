using OllamaProxy.Files;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Files;
using OllamaProxy.Storage.Sqlite.Tables;

namespace OllamaProxy.Storage.Sqlite;

// IFileStore.
public sealed partial class SqlitePromptStore
{
    /// <inheritdoc/>
    public FileContent BeginContent() => new(_staging);

    /// <inheritdoc/>
    public Task<StoredFile> AddFileAsync(NewFile file, StagedFile content, long maxBytes, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7(_time.GetUtcNow());
        return WriteAsync((session, now) => FileTable.Add(session, id, file, content, maxBytes, now), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<StoredFile?> FindFileAsync(Guid id, CancellationToken cancellationToken) =>
        ReadAsync(session => FileTable.Find(session, id), cancellationToken);

    /// <inheritdoc/>
    public Task<FilePage> ListFilesAsync(FileQuery query, CancellationToken cancellationToken) =>
        ReadAsync(session => FileTable.List(session, query), cancellationToken);

    /// <inheritdoc/>
    public async Task<LongText> OpenFileAsync(StoredFile file, long offset, CancellationToken cancellationToken) =>
        _longTexts.Join(await ReadAsync(session => LongTexts.ListOfFile(session, file.Seq), cancellationToken), offset);

    /// <inheritdoc/>
    public Task<FileDeletion> DeleteFileAsync(Guid id, CancellationToken cancellationToken) =>
        WriteAsync((session, _) => FileTable.Delete(session, id), cancellationToken);

    /// <inheritdoc/>
    public Task<int> RemoveExpiredFilesAsync(int limit, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => FileTable.RemoveExpired(session, limit, now), cancellationToken);
}
