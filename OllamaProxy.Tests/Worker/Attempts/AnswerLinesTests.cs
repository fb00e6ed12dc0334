using System.Buffers;
using System.Text;
using OllamaProxy.Live;
using OllamaProxy.Ollama;
using OllamaProxy.Worker.Attempts;

namespace OllamaProxy.Tests.Worker.Attempts;

public sealed class AnswerLinesTests
{
    [Theory]
    [InlineData("")]
    [InlineData("\n", "\n")]
    [InlineData(" \t\r\n\r\n \n", " \t\r\n", "\r\n", " \n")]
    [InlineData("one", "one")]
    [InlineData("one\n", "one\n")]
    [InlineData("one\ntwo", "one\n", "two")]
    [InlineData("one\r\n\r\ntwo\r\n", "one\r\n", "\r\n", "two\r\n")]
    [InlineData("é\n😀\n", "é\n", "😀\n")]
    // What separates lines in other texts does not in JSON.
    [InlineData("one\u2028two\u0085three\vfour\rfive\n", "one\u2028two\u0085three\vfour\rfive\n")]
    public void Lines_are_the_same_however_their_bytes_come(string text, params string[] lines)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var piece = 1; piece <= Math.Max(bytes.Length, 1); piece++)
        {
            Assert.Equal(lines, LinesOf(new(null), bytes, piece));
            using var response = new ResponseBuffer(null);
            Assert.Equal(lines, LinesOf(new(response), bytes, piece));
            Assert.Equal(bytes, response.Bytes.ToArray());
        }
    }

    [Fact]
    public void A_line_is_there_as_soon_as_its_end_has_come_and_not_before()
    {
        var lines = new AnswerLines(null);
        lines.Append(Sequence("one\ntw"u8.ToArray()));
        Assert.True(lines.TryRead(out var one));
        Assert.Equal("one\n"u8, one.Span);
        Assert.False(lines.TryRead(out _));
        Assert.Equal("tw"u8, lines.Rest.Span);

        lines.Append(Sequence("o\nthree\n"u8.ToArray()));
        Assert.True(lines.TryRead(out var two));
        Assert.Equal("two\n"u8, two.Span);
        Assert.True(lines.TryRead(out var three));
        Assert.Equal("three\n"u8, three.Span);
        Assert.True(lines.Rest.IsEmpty);
    }

    [Fact]
    public void Of_an_answer_that_is_not_kept_only_the_line_that_has_not_ended_is_held()
    {
        var lines = new AnswerLines(null);
        for (var i = 0; i < 100; i++)
        {
            lines.Append(Sequence(Encoding.ASCII.GetBytes($"{new string('x', 1000)}\nrest")));
            while (lines.TryRead(out _))
            {
                // It is only to be read.
            }
            Assert.Equal("rest"u8, lines.Rest.Span);
            Assert.InRange(lines.Bytes.Length, 0, 1100);
        }
    }

    [Fact]
    public void The_position_is_where_the_lines_that_were_read_end_in_an_answer_that_is_kept()
    {
        using var response = new ResponseBuffer(null);
        var lines = new AnswerLines(response);
        lines.Append(Sequence("one\ntwo\nrest"u8.ToArray()));
        Assert.True(lines.TryRead(out _));
        Assert.Equal(4, lines.Position);
        Assert.True(lines.TryRead(out _));
        Assert.Equal(8, lines.Position);
        Assert.False(lines.TryRead(out _));
        Assert.Equal(8, lines.Position);
    }

    [Theory]
    [InlineData("")]
    [InlineData("one\n")]
    public void A_line_of_more_than_32_MiB_is_given_up(string before)
    {
        const int limit = 32 * 1024 * 1024;
        byte[] longest = [.. Encoding.ASCII.GetBytes(before), .. Enumerable.Repeat((byte)'x', limit)];
        Assert.Equal(limit, LinesOf(new(null), longest, 16 * 1024)[^1].Length);

        var refused = Assert.Throws<OllamaException>(() => LinesOf(new(null), [.. longest, (byte)'x'], 16 * 1024));
        Assert.Equal((FailureKind.Transient, "Ollama sent a line of more than 32 MiB."), (refused.Kind, refused.Message));
    }

    private static List<string> LinesOf(AnswerLines lines, byte[] bytes, int piece)
    {
        var texts = new List<string>();
        foreach (var part in bytes.Chunk(piece))
        {
            lines.Append(Sequence(part));
            while (lines.TryRead(out var line))
                texts.Add(Encoding.UTF8.GetString(line.Span));
        }
        if (!lines.Rest.IsEmpty)
            texts.Add(Encoding.UTF8.GetString(lines.Rest.Span));
        return texts;
    }

    private static ReadOnlySequence<byte> Sequence(byte[] bytes) => new(bytes);
}
