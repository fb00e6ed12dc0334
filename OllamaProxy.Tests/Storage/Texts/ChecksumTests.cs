using System.Text;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Texts;

namespace OllamaProxy.Tests.Storage.Texts;

public sealed class ChecksumTests
{
    [Theory]
    [InlineData("", 0x00000000)]
    [InlineData("123456789", 0xE3069283)] // the check value of the catalogues
    [InlineData("a", 0xC1D04330)]
    public void The_checksum_is_CRC_32C(string text, uint expected)
    {
        Assert.Equal(expected, Checksum.Of(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(expected, Checksum.Of(text));
    }

    [Fact]
    public void A_text_has_the_checksum_of_its_bytes_however_long_it_is_and_in_whatever_pieces_they_come()
    {
        var text = string.Concat(Enumerable.Range(0, 20_000).Select(number => char.ConvertFromUtf32(0x20 + (number * 37 % 0xD000))));
        var bytes = Encoding.UTF8.GetBytes(text);
        var pieces = Checksum.Begin();
        for (var (offset, length) = (0, 1); offset < bytes.Length; offset += length, length = length * 3 % 1009)
            pieces.Append(bytes.AsSpan(offset, length = Math.Min(length, bytes.Length - offset)));
        Assert.Equal((Checksum.Of(bytes), Checksum.Of(bytes)), (Checksum.Of(text)!.Value, pieces.Value));
    }
}
