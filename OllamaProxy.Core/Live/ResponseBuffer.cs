using System.Buffers;
using OllamaProxy.Protocol;

namespace OllamaProxy.Live;

/// <summary>
/// Ollama's answer to a call whose attempt runs, or is being settled, in this process: the attempt writes it, and the
/// connection on which the client waits reads it. What nobody has begun to read can be withdrawn, and the call tried again.
/// The end of an answer is shown when the prompt is settled, and with that this is disposed of: who has read all of it finds
/// the prompt completed.
/// </summary>
public sealed class ResponseBuffer : IDisposable
{
    /// <summary>How much is copied at once, in bytes: a client that is slow must not have the answer twice.</summary>
    private const int MaxPiece = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly ResponseSubscription? _wait;
    private byte[] _bytes = [];
    private int _length;
    private int _shown;
    private bool _isTaken;
    private bool _isWithdrawn;
    private bool _isEnded;
    private bool _isWhole;
    private int? _status;
    private HeaderList _headers = HeaderList.Empty;

    /// <param name="wait">Who is told of it; null: nobody waits for it.</param>
    internal ResponseBuffer(ResponseSubscription? wait) => _wait = wait;

    /// <summary>Whether a client waits for it on a connection to this process, or did when the attempt began.</summary>
    public bool IsAwaited => _wait is not null;

    /// <summary>The HTTP status; 0 before there is one.</summary>
    public int Status => _status ?? 0;

    /// <summary>The headers.</summary>
    public HeaderList Headers => _headers;

    /// <summary>Whether no more will be shown.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_lock)
                return _isEnded;
        }
    }

    /// <summary>Whether Ollama ended its answer itself, well or with an error, so that the client gets all there is; false: it broke off.</summary>
    public bool IsWhole
    {
        get
        {
            lock (_lock)
                return _isWhole;
        }
    }

    /// <summary>Begins to read, once there is something to be read; from then on it cannot be withdrawn. False: not yet, or not any more.</summary>
    public bool TryBeginRead()
    {
        lock (_lock)
            return _isTaken = !_isWithdrawn && (_shown > 0 || (_isEnded && _isWhole));
    }

    /// <summary>Copies what is shown beyond an offset, or the first of it, and returns how much that was; 0: there is no more.</summary>
    public int CopyTo(int offset, IBufferWriter<byte> output)
    {
        lock (_lock)
        {
            var count = Math.Min(_shown - offset, MaxPiece);
            if (count > 0)
                output.Write(_bytes.AsSpan(offset, count));
            return Math.Max(count, 0);
        }
    }

    internal void Begin(int status, HeaderList headers)
    {
        lock (_lock)
            (_status, _headers) = (status, headers);
    }

    /// <param name="bytes">What comes next; it is not shown yet.</param>
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

    /// <summary>Shows what has come up to there. What belongs to the end of the answer is not to be shown: that is done when the prompt is settled.</summary>
    internal void Publish(int length)
    {
        lock (_lock)
            _shown = length;
        _wait?.Notify();
    }

    /// <summary>All that has come; for the attempt alone.</summary>
    internal ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _length);

    /// <summary>Nothing follows, since Ollama ended it.</summary>
    internal void MarkComplete()
    {
        lock (_lock)
            _isWhole = true;
    }

    /// <summary>Withdraws it: nobody will read it here. False: somebody has begun to.</summary>
    internal bool TryDiscard()
    {
        lock (_lock)
            return _isWithdrawn = !_isTaken;
    }

    /// <summary>What has come, to be stored; null: nothing.</summary>
    internal ApiResponse? ToResponse()
    {
        lock (_lock)
            return _status is { } status && _isWhole ? new(status, _headers, _bytes.AsMemory(0, _length)) : null;
    }

    /// <summary>Shows the end of it: the prompt is settled, or that takes too long to wait for.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isEnded)
                return;
            (_isEnded, _shown) = (true, _isWhole ? _length : _shown);
        }
        _wait?.Notify();
    }
}
