using System.Text;
using OllamaProxy.Batching;
using OllamaProxy.Prompts;

namespace OllamaProxy.Tests.Batching;

/// <summary>The lines of an input, in whatever pieces it comes.</summary>
public sealed class InputLinesTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("one", "1:one@3")]
    [InlineData("one\ntwo", "1:one@4 2:two@7")]
    [InlineData("one\ntwo\n", "1:one@4 2:two@8")]
    [InlineData("one\r\ntwo\r\n", "1:one\r@5 2:two\r@10")]
    [InlineData("\n\n one\n\r\n \t\ntwo\n\n", "3: one@7 6:two@16")]
    [InlineData("\uFEFFone\n\uFEFFtwo", "1:one@7 2:\uFEFFtwo@13")]
    [InlineData("tiny\nmuch too long\nshort", "1:tiny@5 2:@19 3:short@24")]
    [InlineData("much too long", "1:@13")]
    public async Task Lines_are_read_whatever_the_pieces(string text, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        foreach (var length in new[] { 1, 2, 3, 7, 100 })
            Assert.Equal(expected, await ReadAsync(bytes, length, 10));
    }

    [Fact]
    public async Task Reading_goes_on_behind_any_line()
    {
        var bytes = Encoding.UTF8.GetBytes("one\n\ntwo\nthree");
        var content = ContentOf(bytes[4..], 2);
        var lines = new List<string>();
        await foreach (var line in new InputLines(10).ReadAsync(content, new(4, 1), default))
            lines.Add($"{line.Number}:{Encoding.UTF8.GetString(line.Bytes.Span)}@{line.End}");
        Assert.Equal(["3:two@9", "4:three@14"], lines);
    }

    private static async Task<string> ReadAsync(byte[] bytes, int pieceLength, int maxLength)
    {
        var lines = new List<string>();
        await foreach (var line in new InputLines(maxLength).ReadAsync(ContentOf(bytes, pieceLength), default, default))
            lines.Add($"{line.Number}:{Encoding.UTF8.GetString(line.Bytes.Span)}@{line.End}");
        return string.Join(' ', lines);
    }

    private static LongText ContentOf(byte[] bytes, int pieceLength) => new(bytes.Length, _ =>
        bytes.Chunk(pieceLength).Select(piece => (ReadOnlyMemory<byte>)piece).ToAsyncEnumerable());
}
