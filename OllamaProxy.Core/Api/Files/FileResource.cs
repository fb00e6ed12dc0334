using OllamaProxy.Api.Http;
using OllamaProxy.Files;

namespace OllamaProxy.Api.Files;

/// <summary>A file, as OpenAI shows it. Times are in seconds since 1970.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it is removed.</param>
/// <param name="Filename">Its name.</param>
/// <param name="Purpose">What it is for.</param>
internal sealed record FileResource(string Id, long Bytes, long CreatedAt, long? ExpiresAt, string Filename, string Purpose)
{
    public string Object { get; } = "file";

    /// <summary>A file is there whole or not at all, so that it is never anything else.</summary>
    public string Status { get; } = "processed";

    public static FileResource Of(StoredFile file) => new(
        PrefixedId.Of(PrefixedId.File, file.Id), file.Bytes, file.CreatedAt.ToUnixTimeSeconds(), file.ExpiresAt?.ToUnixTimeSeconds(),
        file.Name, file.Purpose);
}

/// <summary>A part of the list of files.</summary>
/// <param name="Data">The files.</param>
/// <param name="FirstId">The id of the first of them.</param>
/// <param name="LastId">The id of the last: behind it the next part begins.</param>
/// <param name="HasMore">Whether there is one.</param>
internal sealed record FileListResource(IReadOnlyList<FileResource> Data, string? FirstId, string? LastId, bool HasMore)
{
    public string Object { get; } = "list";

    public static FileListResource Of(FilePage page)
    {
        FileResource[] files = [.. page.Files.Select(FileResource.Of)];
        return new(files, files.FirstOrDefault()?.Id, files.LastOrDefault()?.Id, page.HasMore);
    }
}

/// <summary>What is answered where a file was deleted.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Deleted">Always true.</param>
internal sealed record DeletedFileResource(string Id, bool Deleted = true)
{
    public string Object { get; } = "file";
}
