using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace OllamaProxy.Storage.Texts;

/// <summary>
/// The CRC-32C (RFC 3720, appendix B.4) of a text or body. It is stored beside the text, since the database does not notice when a disk or
/// a copy changes bytes within one. Processors have an instruction for it, so that it costs next to nothing.
/// </summary>
internal struct Checksum
{
    private const int PieceLength = 8 * 1024;

    private uint _remainder;

    /// <summary>The checksum of the bytes that were appended.</summary>
    public readonly long Value => ~_remainder;

    /// <summary>Starts a checksum.</summary>
    public static Checksum Begin() => new() { _remainder = uint.MaxValue };

    /// <summary>The checksum of these bytes.</summary>
    public static long Of(ReadOnlySpan<byte> bytes)
    {
        var checksum = Begin();
        checksum.Append(bytes);
        return checksum.Value;
    }

    /// <summary>The checksum of a text in UTF-8; null: there is no text.</summary>
    public static long? Of(string? text)
    {
        if (text is null)
            return null;
        var (checksum, encoder) = (Begin(), Encoding.UTF8.GetEncoder());
        var utf8 = ArrayPool<byte>.Shared.Rent(PieceLength);
        var rest = text.AsSpan();
        bool completed;
        do
        {
            encoder.Convert(rest, utf8, flush: true, out var used, out var length, out completed);
            checksum.Append(utf8.AsSpan(0, length));
            rest = rest[used..];
        }
        while (!completed);
        ArrayPool<byte>.Shared.Return(utf8);
        return checksum.Value;
    }

    /// <summary>The error for a text that has changed since it was stored.</summary>
    /// <param name="what">Which text of a prompt it is.</param>
    public static StoreException Mismatch(string what) =>
        new($"The {what} of this prompt is damaged in the database: it is not what was stored. "
            + "Restore the database from a copy, or send the prompt again.")
        {
            IsTransient = false,
            IsDamage = true,
        };

    public void Append(ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            _remainder = BitOperations.Crc32C(_remainder, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var value in bytes)
            _remainder = BitOperations.Crc32C(_remainder, value);
    }
}
