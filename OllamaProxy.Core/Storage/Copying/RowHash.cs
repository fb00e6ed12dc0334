using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace OllamaProxy.Storage.Copying;

/// <summary>The SHA-256 of rows. Every value is told from every other, and no row can be taken for a part of its neighbour.</summary>
internal sealed class RowHash : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly ArrayBufferWriter<byte> _row = new(4096);

    /// <summary>Appends the values of a row.</summary>
    public void Append(object?[] row)
    {
        foreach (var value in row)
            Append(value);
        _hash.AppendData(_row.WrittenSpan);
        _row.ResetWrittenCount();
    }

    public byte[] Finish() => _hash.GetHashAndReset();

    public void Dispose() => _hash.Dispose();

    private void Append(object? value)
    {
        switch (value)
        {
            case null:
                _row.Write("-"u8);
                break;
            case long number:
                Append('n', number);
                break;
            case int number:
                Append('n', number);
                break;
            case double number:
                Append('r', BitConverter.DoubleToInt64Bits(number));
                break;
            case DateTimeOffset time:
                Append('t', time.UtcTicks);
                break;
            case Guid id:
                _row.Write("u"u8);
                _row.Write(id.ToByteArray());
                break;
            case string word:
                Append(Encoding.UTF8.GetBytes(word));
                break;
            case ReadOnlyMemory<byte> bytes:
                Append(bytes.Span);
                break;
            default:
                throw new ArgumentException($"{value.GetType()} is no kind of column.", nameof(value));
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        Append('b', bytes.Length);
        _row.Write(bytes);
    }

    private void Append(char kind, long number)
    {
        var target = _row.GetSpan(1 + sizeof(long));
        target[0] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(target[1..], number);
        _row.Advance(1 + sizeof(long));
    }
}
