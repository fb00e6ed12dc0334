using System.Text;
using CsCheck;
using OllamaProxy.Live;

namespace OllamaProxy.Tests.Live;

public sealed class TextBufferTests
{
    /// <summary>Of many lengths, so that a piece can end a block of the buffer, begin one or go over several.</summary>
    private static readonly Gen<string> Pieces = Gen.Select(
        Gen.Char['a', 'z'], Gen.Int[0, 20_000], (letter, length) => new string(letter, length));

    [Fact]
    public void Whatever_is_appended_is_read_at_any_offset() => Gen.Select(
        Pieces.List[0, 8], Gen.Int[0, 60_000], Gen.Int[0, 30_000]).Sample((pieces, offset, max) =>
        {
            var (buffer, expected) = (new TextBuffer(), new StringBuilder());
            foreach (var piece in pieces)
            {
                buffer.Append(piece);
                expected.Append(piece);
            }
            var text = expected.ToString();
            Assert.Equal((text.Length, text), (buffer.Length, buffer.ToString()));
            var from = Math.Min(offset, text.Length);
            Assert.Equal(text.Substring(from, Math.Min(max, text.Length - from)), buffer.Read(offset, max));
        }, iter: 200);

    [Fact]
    public void Nothing_is_appended_as_nothing()
    {
        var buffer = new TextBuffer();
        buffer.Append(null);
        buffer.Append("");
        Assert.Equal((0, "", ""), (buffer.Length, buffer.ToString(), buffer.Read(0, 5)));
    }

    [Theory]
    [InlineData(0, 1, "a")]
    [InlineData(0, 2, "a")]
    [InlineData(0, 3, "a😀")]
    [InlineData(1, 1, "")]
    [InlineData(1, 2, "😀")]
    [InlineData(1, 9, "😀b")]
    [InlineData(4, 1, "")]
    public void No_read_ends_amid_a_character_pair(int offset, int max, string expected)
    {
        var buffer = new TextBuffer();
        buffer.Append("a\ud83d");
        buffer.Append("\ude00b");
        Assert.Equal(expected, buffer.Read(offset, max));
    }

    [Fact]
    public void Half_of_a_pair_at_either_end_of_the_text_that_is_asked_for_is_read_as_it_is()
    {
        var buffer = new TextBuffer();
        buffer.Append("a\ud83d");
        Assert.Equal("a\ud83d", buffer.Read(0, 9));
        buffer.Append("\ude00b");
        Assert.Equal("\ude00b", buffer.Read(2, 2));
    }
}
