using System.Buffers;
using System.Text;
using OllamaProxy.Live;
using OllamaProxy.Protocol;

namespace OllamaProxy.Tests.Live;

/// <summary>An answer between the attempt that writes it and the connection that reads it.</summary>
public sealed class ResponseBufferTests
{
    [Fact]
    public void What_has_come_is_read_once_it_is_published_and_no_further()
    {
        using var buffer = Begun("one two");
        Assert.False(buffer.TryBeginRead());
        Assert.Equal("", Read(buffer, 0));

        buffer.Publish(3);
        Assert.True(buffer.TryBeginRead());
        Assert.Equal("one", Read(buffer, 0));
        Assert.Equal("e", Read(buffer, 2));
        Assert.Equal("", Read(buffer, 3));
        Assert.Equal("", Read(buffer, 99));

        buffer.Append(" three"u8);
        buffer.Publish(13);
        Assert.Equal(" two three", Read(buffer, 3));
    }

    [Fact]
    public void However_much_there_is_it_is_read_in_pieces_of_64_KiB()
    {
        var text = string.Concat(Enumerable.Range(0, 40_000).Select(number => $"{number} "));
        using var buffer = Begun("");
        foreach (var piece in text.Chunk(999))
            buffer.Append(Encoding.ASCII.GetBytes(piece));
        buffer.Publish(text.Length);

        var read = new StringBuilder();
        while (Read(buffer, read.Length) is { Length: > 0 } piece)
        {
            Assert.InRange(piece.Length, 1, 64 * 1024);
            read.Append(piece);
        }
        Assert.Equal(text, read.ToString());
    }

    [Fact]
    public void What_nobody_reads_can_be_discarded_and_is_not_read_after_that()
    {
        using var buffer = Begun("one");
        buffer.Publish(3);
        Assert.True(buffer.TryDiscard());
        Assert.False(buffer.TryBeginRead());
        buffer.MarkComplete();
        buffer.Dispose();
        Assert.False(buffer.TryBeginRead());
    }

    [Fact]
    public void What_somebody_reads_cannot_be_discarded_any_more()
    {
        using var buffer = Begun("one");
        buffer.Publish(1);
        Assert.True(buffer.TryBeginRead());
        Assert.False(buffer.TryDiscard());
        Assert.True(buffer.TryBeginRead());
    }

    [Fact]
    public void Who_comes_before_there_is_anything_to_read_does_not_hold_it()
    {
        using var buffer = Begun("one");
        Assert.False(buffer.TryBeginRead());
        Assert.True(buffer.TryDiscard());
    }

    [Theory]
    [InlineData(true, "one two")]
    [InlineData(false, "one")]
    public void The_end_of_an_answer_is_shown_when_its_prompt_is_settled_unless_it_broke_off(bool isComplete, string shown)
    {
        var buffer = Begun("one two");
        buffer.Publish(3);
        if (isComplete)
            buffer.MarkComplete();
        Assert.Equal(("one", false, isComplete), (Read(buffer, 0), buffer.HasEnded, buffer.IsWhole));

        buffer.Dispose();
        Assert.Equal((shown, true, isComplete), (Read(buffer, 0), buffer.HasEnded, buffer.IsWhole));
        buffer.Dispose();
        Assert.Equal(shown, Read(buffer, 0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_answer_without_a_byte_is_read_only_if_Ollama_ended_it(bool isComplete)
    {
        var buffer = Begun("");
        if (isComplete)
            buffer.MarkComplete();
        Assert.False(buffer.TryBeginRead());
        buffer.Dispose();
        Assert.Equal(isComplete, buffer.TryBeginRead());
    }

    [Fact]
    public void Only_a_whole_answer_is_stored()
    {
        using var nothing = new ResponseBuffer(null);
        nothing.MarkComplete();
        Assert.Equal((0, null), (nothing.Status, nothing.ToResponse()));

        using var buffer = Begun("one");
        Assert.Null(buffer.ToResponse());
        buffer.MarkComplete();
        var response = buffer.ToResponse()!;
        Assert.Equal(
            (201, "application/json", "one"),
            (response.Status, response.Headers.Find("content-type"), Encoding.UTF8.GetString(response.Body.Span)));
    }

    [Fact]
    public void Who_waits_is_told_of_each_piece_and_of_the_end()
    {
        using var wait = new ResponseRegistry().Expect(Guid.NewGuid());
        using var buffer = new ResponseBuffer(wait);
        buffer.Begin(200, HeaderList.Empty);
        buffer.Append("one"u8);
        Assert.True(buffer.IsAwaited);
        var told = wait.WaitAsync();
        Assert.False(told.IsCompleted);

        buffer.Publish(3);
        Assert.True(told.IsCompleted);
        told = wait.WaitAsync();
        Assert.False(told.IsCompleted);

        buffer.Dispose();
        Assert.True(told.IsCompleted);
        told = wait.WaitAsync();
        buffer.Dispose();
        Assert.False(told.IsCompleted);
        using var alone = new ResponseBuffer(null);
        Assert.False(alone.IsAwaited);
    }

    private static ResponseBuffer Begun(string text)
    {
        var buffer = new ResponseBuffer(null);
        buffer.Begin(201, new([KeyValuePair.Create("Content-Type", "application/json")]));
        buffer.Append(Encoding.UTF8.GetBytes(text));
        return buffer;
    }

    private static string Read(ResponseBuffer buffer, int offset)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(buffer.CopyTo(offset, output), output.WrittenCount);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
