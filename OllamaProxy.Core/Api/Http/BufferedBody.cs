using System.Globalization;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Errors;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Http;

/// <summary>
/// The whole body of a request, in memory until this is disposed of. A small one is an ordinary array, and stays as long as anybody holds
/// it;
/// the memory of a large one is counted, and is gone with this.
/// </summary>
internal sealed class BufferedBody : IDisposable
{
    /// <summary>The longest body that is not counted, in bytes: about what a connection takes anyway.</summary>
    public const int MaxSmall = 64 * 1024;

    /// <summary>What the parser takes for a value or a name, in bytes, while its list of them grows.</summary>
    private const int PerValue = 36;

    private readonly BufferBudget.Reservation? _reservation;
    private readonly List<NativeBuffer> _buffers = [];

    /// <summary>A small body.</summary>
    public BufferedBody(ReadOnlyMemory<byte> bytes) => Bytes = bytes;

    /// <summary>A large body, which has yet to be written.</summary>
    public BufferedBody(BufferBudget.Reservation reservation) => _reservation = reservation;

    /// <summary>The body.</summary>
    public ReadOnlyMemory<byte> Bytes { get; private set; }

    /// <summary>Whether it is counted, and what is made of it as well.</summary>
    public bool IsLarge => _reservation is not null;

    /// <summary>A buffer for what is made of a large body, which is disposed of with it.</summary>
    public NativeBuffer Rent()
    {
        var buffer = new NativeBuffer(_reservation!);
        _buffers.Add(buffer);
        return buffer;
    }

    /// <summary>Takes what was written into a buffer as the body, and reserves what it takes to parse it.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="max">The most that the parser may take, in bytes.</param>
    /// <exception cref="ProblemException">413: it holds more values than that. 503: there is no room.</exception>
    public void Complete(NativeBuffer buffer, long max)
    {
        Bytes = buffer.Written;
        var body = Bytes.Span;
        var parsing = PerValue * ((long)body.Count((byte)',') + body.Count((byte)':') + body.Count((byte)'{') + body.Count((byte)'['));
        if (parsing > max)
            throw new ProblemException(StatusCodes.Status413PayloadTooLarge, string.Create(CultureInfo.InvariantCulture,
                $"The body holds too many JSON values: to read them takes more than the {max} bytes "
                + $"that OLLAMA_PROXY_MAX_BUFFERED_BYTES allows."));
        Reserve(parsing);
        if (Bytes.Length > LongText.MaxShort)
            return;
        // What is not long can be handed to the worker as it is here, and then it must stay.
        Bytes = Bytes.ToArray();
        ((IDisposable)buffer).Dispose();
    }

    /// <summary>Reserves memory for what is made of a large body; of a small one that is not counted.</summary>
    /// <exception cref="ProblemException">503: there is no room for it.</exception>
    public void Reserve(long bytes) => _reservation?.Add(bytes);

    public void Dispose()
    {
        foreach (IDisposable buffer in _buffers)
            buffer.Dispose();
        _reservation?.Dispose();
    }
}
