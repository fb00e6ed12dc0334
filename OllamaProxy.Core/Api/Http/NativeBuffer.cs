using System.Buffers;
using OllamaProxy.Api.Errors;

namespace OllamaProxy.Api.Http;

/// <summary>
/// A buffer for one large body. It grows in place, unlike an array, and its memory goes back to the system as soon as it is disposed of and
/// not when the garbage collector comes to it. Slices of it must not be used after that: they throw an <see
/// cref="ObjectDisposedException"/>.
/// </summary>
/// <param name="budget">Where what it takes is reserved.</param>
internal sealed unsafe class NativeBuffer(BufferBudget.Reservation budget) : MemoryManager<byte>, IBufferWriter<byte>
{
    private const int Step = 1024 * 1024;

    private byte* _start;
    private int _capacity;
    private int _length;
    private bool _isDisposed;

    /// <summary>What has been written. It moves when more is written.</summary>
    public ReadOnlyMemory<byte> Written => CreateMemory(_length);

    /// <summary>Appends bytes.</summary>
    /// <exception cref="ProblemException">503: there is no room for them.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        EnsureRoom(bytes.Length);
        bytes.CopyTo(new(_start + _length, bytes.Length));
        _length += bytes.Length;
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return new(_start, _capacity);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return new(_start + elementIndex);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
        // It never moves by itself.
    }

    void IBufferWriter<byte>.Advance(int count) => _length += count;

    Memory<byte> IBufferWriter<byte>.GetMemory(int sizeHint)
    {
        EnsureRoom(Math.Max(sizeHint, 1));
        return CreateMemory(_length, _capacity - _length);
    }

    Span<byte> IBufferWriter<byte>.GetSpan(int sizeHint)
    {
        EnsureRoom(Math.Max(sizeHint, 1));
        return new(_start + _length, _capacity - _length);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        NativePages.Free(_start, _capacity);
        _start = null;
    }

    private void EnsureRoom(int more)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var needed = (long)_length + more;
        if (needed <= _capacity)
            return;
        var capacity = (int)Math.Min((needed + Step - 1) / Step * Step, int.MaxValue);
        budget.Add(capacity - _capacity);
        _start = NativePages.Grow(_start, _capacity, capacity);
        _capacity = capacity;
    }
}
