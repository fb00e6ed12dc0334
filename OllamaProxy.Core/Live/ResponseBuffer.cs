using System.Buffers;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;

namespace OllamaProxy.Live;

/// <summary>
/// Buffers Ollama's answer to a call: the attempt writes it, and the client's connection to this process reads it. The attempt publishes
/// what may be read. As long as nobody has begun to read, the answer can be discarded, and the call tried again. The end of the answer is
/// published by disposing of this when the attempt is settled, so that a client that has read all of it finds the prompt completed.
/// </summary>
public sealed class ResponseBuffer : IDisposable
{
    /// <summary>How much is copied at once, in bytes: a client that is slow must not have the answer twice.</summary>
    private const int MaxPiece = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly ResponseSubscription? _wait;
    private byte[] _bytes = [];
    private int _length;
    private int _published;
    private bool _isBeingRead;
    private bool _isDiscarded;
    private bool _isEnded;
    private bool _isWhole;
    private int? _status;
    private HeaderList _headers = HeaderList.Empty;

    /// <param name="wait">Is notified of what is published; null: nobody waits for it.</param>
    internal ResponseBuffer(ResponseSubscription? wait) => _wait = wait;

    /// <summary>Whether a client waits for it on a connection to this process, or did when the attempt began.</summary>
    public bool IsAwaited => _wait is not null;

    /// <summary>The HTTP status; 0 before there is one.</summary>
    public int Status => _status ?? 0;

    /// <summary>The headers.</summary>
    public HeaderList Headers => _headers;

    /// <summary>See <see cref="Prompt.TruncatedTo"/>; it is known only when Ollama has ended its answer.</summary>
    public long? TruncatedTo { get; private set; }

    /// <summary>Whether nothing more will be published.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_lock)
                return _isEnded;
        }
    }

    /// <summary>Whether a client has begun to read, so that it cannot be discarded any more.</summary>
    internal bool IsBeingRead
    {
        get
        {
            lock (_lock)
                return _isBeingRead;
        }
    }

    /// <summary>How much may be read, in bytes.</summary>
    internal int PublishedLength
    {
        get
        {
            lock (_lock)
                return _published;
        }
    }

    /// <summary>
    /// Whether Ollama ended its answer itself, well or with an error, so that the client gets all there is; false: it broke off.
    /// </summary>
    public bool IsWhole
    {
        get
        {
            lock (_lock)
                return _isWhole;
        }
    }

    /// <summary>
    /// Begins to read, if something has been published; from then on it cannot be discarded. False: not yet, or not any more.
    /// </summary>
    public bool TryBeginRead()
    {
        lock (_lock)
            return _isBeingRead = !_isDiscarded && (_published > 0 || (_isEnded && _isWhole));
    }

    /// <summary>
    /// Copies the next piece of what is published beyond an offset, and returns its length in bytes; 0: there is no more yet.
    /// </summary>
    public int CopyTo(int offset, IBufferWriter<byte> output)
    {
        lock (_lock)
        {
            var count = Math.Min(_published - offset, MaxPiece);
            if (count > 0)
                output.Write(_bytes.AsSpan(offset, count));
            return Math.Max(count, 0);
        }
    }

    /// <summary>
    /// Takes what is published beyond an offset, at most <paramref name="maxLength"/> bytes, to be stored for a client of another process.
    /// From then on it cannot be discarded, as if a client of this process had begun to read. Null: there is nothing, or it was discarded.
    /// </summary>
    internal ResponseChunk? TakeFrom(int offset, int maxLength)
    {
        lock (_lock)
        {
            var count = Math.Min(_published - offset, maxLength);
            if (_isDiscarded || count <= 0)
                return null;
            _isBeingRead = true;
            return new(Status, _headers, offset, _bytes.AsSpan(offset, count).ToArray());
        }
    }

    internal void Begin(int status, HeaderList headers)
    {
        lock (_lock)
            (_status, _headers) = (status, headers);
    }

    /// <param name="bytes">What comes next; it is not published yet.</param>
    internal void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (_length + bytes.Length > _bytes.Length)
                Array.Resize(ref _bytes, Math.Max(_length + bytes.Length, _bytes.Length * 2));
            bytes.CopyTo(_bytes.AsSpan(_length));
            _length += bytes.Length;
        }
    }

    /// <summary>Publishes the beginning of the answer, up to this length in bytes. Its end is published by <see cref="Dispose"/>.</summary>
    internal void Publish(int length)
    {
        lock (_lock)
            _published = length;
        _wait?.Notify();
    }

    /// <summary>All that has come; for the attempt alone.</summary>
    internal ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _length);

    /// <summary>Ollama has ended its answer, so that all of it is here.</summary>
    internal void MarkComplete()
    {
        lock (_lock)
            _isWhole = true;
    }

    /// <summary>Notes that Ollama seems to have cut the prompt.</summary>
    internal void MarkTruncated(long tokens)
    {
        lock (_lock)
            TruncatedTo = tokens;
    }

    /// <summary>Discards it: nobody will read it here. False: somebody has begun to.</summary>
    internal bool TryDiscard()
    {
        lock (_lock)
            return _isDiscarded = !_isBeingRead;
    }

    /// <summary>What has come, to be stored; null: nothing.</summary>
    internal ApiResponse? ToResponse()
    {
        lock (_lock)
            return _status is { } status && _isWhole ? new(status, _headers, _bytes.AsMemory(0, _length)) : null;
    }

    /// <summary>Publishes the end: the attempt is settled, or settling it takes too long to wait for.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isEnded)
                return;
            (_isEnded, _published) = (true, _isWhole ? _length : _published);
        }
        _wait?.Notify();
    }
}
