using System.Globalization;

namespace OllamaProxy.Storage.Files;

/// <summary>The files of an owner would have more bytes than they may. The file was not added.</summary>
/// <param name="bytes">The length of the file.</param>
/// <param name="used">How many bytes the others have.</param>
/// <param name="maxBytes">How many bytes all may have.</param>
public sealed class FileQuotaException(long bytes, long used, long maxBytes) : Exception(string.Create(CultureInfo.InvariantCulture,
    $"The file has {bytes} bytes, and the others of its owner have {used}; together they may have {maxBytes} "
    + $"(OLLAMA_PROXY_MAX_FILE_BYTES_PER_OWNER). Delete some of them first."));
