using OllamaProxy.Files;
using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Files;

/// <summary>
/// The files of clients. A file is there whole or not at all: what is in it is staged first, in small transactions, and the one that adds
/// the file makes it the file's. Any method can throw a <see cref="StoreException"/>. Safe for many threads.
/// </summary>
public interface IFileStore
{
    /// <summary>Begins what a file is going to hold. It is removed after some minutes unless a file is added with it.</summary>
    FileContent BeginContent();

    /// <summary>Adds a file with what was staged for it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="content">What is in it.</param>
    /// <param name="maxBytes">How many bytes the files of its owner may have together, with it; 0: any number.</param>
    /// <param name="cancellationToken">Cancels the write until it is handed to the writer.</param>
    /// <exception cref="FileQuotaException">They would have more.</exception>
    Task<StoredFile> AddFileAsync(NewFile file, StagedFile content, long maxBytes, CancellationToken cancellationToken);

    /// <summary>Reads a file; null: there is none with this id.</summary>
    Task<StoredFile?> FindFileAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Lists files.</summary>
    Task<FilePage> ListFilesAsync(FileQuery query, CancellationToken cancellationToken);

    /// <summary>What is in a file, in pieces, from an offset on that is not beyond its end.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">The offset in bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<LongText> OpenFileAsync(StoredFile file, long offset, CancellationToken cancellationToken);

    /// <summary>Deletes a file with what is in it, unless a batch that has not ended needs it.</summary>
    Task<FileDeletion> DeleteFileAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes files that have expired and that no batch needs, and returns how many. Fewer than <paramref name="limit"/> means that none
    /// are left.
    /// </summary>
    Task<int> RemoveExpiredFilesAsync(int limit, CancellationToken cancellationToken);
}

/// <summary>What came of the deletion of a file.</summary>
public enum FileDeletion
{
    /// <summary>It was deleted.</summary>
    Deleted,

    /// <summary>There is no such file.</summary>
    Unknown,

    /// <summary>It is the input of a batch that has not ended.</summary>
    InUse,
}
