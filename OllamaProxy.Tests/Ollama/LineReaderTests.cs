using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using OllamaProxy.Ollama;

namespace OllamaProxy.Tests.Ollama;

public sealed class LineReaderTests
{
    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData(" \t\r\n\r\n \n")]
    [InlineData("one", "one")]
    [InlineData("one\n", "one")]
    [InlineData("one\ntwo", "one", "two")]
    [InlineData("one\n\n\ntwo\n \n", "one", "two")]
    [InlineData("one\r\ntwo\r\n", "one\r", "two\r")]
    [InlineData(" one \n\ttwo", " one ", "\ttwo")]
    [InlineData("one\ntwo\n\r", "one", "two")]
    [InlineData("é\n😀\n", "é", "😀")]
    // What separates lines in other texts does not in JSON.
    [InlineData("one\u2028two\u0085three\vfour\rfive\n", "one\u2028two\u0085three\vfour\rfive")]
    public async Task Lines_are_the_same_however_their_bytes_come(string text, params string[] lines)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var piece = 1; piece <= Math.Max(bytes.Length, 1); piece++)
            Assert.Equal(lines, await LinesOfAsync(new PiecesStream(bytes, piece)));
    }

    [Theory]
    [InlineData(16 * 1024)]
    [InlineData((16 * 1024) + 1)]
    [InlineData(1_000_000)]
    public async Task A_line_that_is_longer_than_what_is_read_at_once_is_one_line(int length)
    {
        var text = new string('x', length);
        Assert.Equal([text, "after", text], await LinesOfAsync(new MemoryStream(Encoding.ASCII.GetBytes($"{text}\nafter\n{text}"))));
    }

    [Fact]
    public async Task A_line_is_there_as_soon_as_its_end_has_come()
    {
        var pipe = new Pipe();
        await using var lines = LineReader.ReadAsync(pipe.Reader.AsStream(), default).GetAsyncEnumerator();
        await pipe.Writer.WriteAsync("one\ntw"u8.ToArray());
        Assert.True(await lines.MoveNextAsync());
        Assert.Equal("one", Encoding.UTF8.GetString(lines.Current));

        var next = lines.MoveNextAsync();
        Assert.False(next.IsCompleted);
        await pipe.Writer.WriteAsync("o\n"u8.ToArray());
        Assert.True(await next);
        Assert.Equal("two", Encoding.UTF8.GetString(lines.Current));
        await pipe.Writer.CompleteAsync();
        Assert.False(await lines.MoveNextAsync());
    }

    [Fact]
    public async Task A_stream_that_breaks_has_its_lines_read_before_it_throws()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync("one\ntw"u8.ToArray());
        var lines = LineReader.ReadAsync(pipe.Reader.AsStream(), default).GetAsyncEnumerator();
        Assert.True(await lines.MoveNextAsync());
        await pipe.Writer.CompleteAsync(new IOException("broken"));
        await Assert.ThrowsAsync<IOException>(async () => await lines.MoveNextAsync());
        await lines.DisposeAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("one\n")]
    public async Task A_line_of_more_than_32_MiB_is_given_up(string before)
    {
        const int limit = 32 * 1024 * 1024;
        var longest = new byte[limit];
        longest.AsSpan().Fill((byte)'x');
        Assert.Equal(limit, (await LinesOfAsync(new MemoryStream([.. Encoding.ASCII.GetBytes(before), .. longest])))[^1].Length);

        var refused = await Assert.ThrowsAsync<OllamaException>(() =>
            LinesOfAsync(new MemoryStream([.. Encoding.ASCII.GetBytes(before), .. longest, (byte)'x'])));
        Assert.Equal((FailureKind.Transient, "Ollama sent a line of more than 32 MiB."), (refused.Kind, refused.Message));
    }

    private static async Task<List<string>> LinesOfAsync(Stream stream)
    {
        var lines = new List<string>();
        await foreach (var line in LineReader.ReadAsync(stream, default))
            lines.Add(Encoding.UTF8.GetString(line));
        return lines;
    }

    /// <summary>A stream that gives so many bytes at a time.</summary>
    private sealed class PiecesStream(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }
}
