using System.Buffers;
using System.Security.Cryptography;
using OllamaProxy.Storage.Texts;

namespace OllamaProxy.Storage.Files;

/// <summary>
/// What a file is going to hold, as it is written: a step of it at a time is in memory, the rest is staged in the store. Not safe for many
/// threads.
/// </summary>
public sealed class FileContent : IDisposable
{
    private readonly LongTextStaging _staging;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _step = ArrayPool<byte>.Shared.Rent(LongTextStaging.Step);
    private int _filled;
    private long _staged;
    private long? _text;
    private int _number;

    internal FileContent(LongTextStaging staging) => _staging = staging;

    /// <summary>How many bytes have been written.</summary>
    public long Length => _staged + _filled;

    /// <summary>Appends bytes.</summary>
    /// <exception cref="StoreException">They cannot be stored.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        for (var rest = bytes; rest.Length > 0;)
        {
            var part = rest[..Math.Min(rest.Length, LongTextStaging.Step - _filled)];
            part.CopyTo(_step.AsMemory(_filled));
            (_filled, rest) = (_filled + part.Length, rest[part.Length..]);
            // Every step but the last is full, so that an offset in the file tells the part that it is in.
            if (_filled == LongTextStaging.Step)
                await StageAsync(cancellationToken);
        }
    }

    /// <summary>Stores the rest, and returns what the file is added with.</summary>
    /// <exception cref="StoreException">It cannot be stored.</exception>
    public async Task<StagedFile> CompleteAsync(CancellationToken cancellationToken)
    {
        if (_filled > 0)
            await StageAsync(cancellationToken);
        return new(_text, Length, _hash.GetCurrentHash());
    }

    /// <summary>Releases the memory. What was staged and is no file's is removed later.</summary>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_step);
        _hash.Dispose();
    }

    private async Task StageAsync(CancellationToken cancellationToken)
    {
        var step = _step.AsMemory(0, _filled);
        _hash.AppendData(step.Span);
        (_text, _number) = await _staging.AppendAsync(_text, _number, step, cancellationToken);
        (_staged, _filled) = (_staged + step.Length, 0);
    }
}

/// <summary>What a file is added with.</summary>
/// <param name="Text">Its number in the table <c>texts</c>; null: the file is empty.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Sha256">Its SHA-256.</param>
public sealed record StagedFile(long? Text, long Length, ReadOnlyMemory<byte> Sha256);
