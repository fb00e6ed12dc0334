using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;

namespace OllamaProxy.Tests.Prompts;

public sealed class LongTextWritingTests
{
    private static readonly byte[] Piece = Encoding.ASCII.GetBytes(new string('x', 64 * 1024));

    private int _read;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task For_a_reader_that_is_gone_nothing_more_is_read(bool asJson)
    {
        var pipe = new Pipe();
        await pipe.Reader.CompleteAsync();
        await Assert.ThrowsAsync<ReaderGoneException>(() => WriteAsync(pipe.Writer, asJson));
        Assert.Equal(1, _read);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task For_a_reader_that_is_slow_no_more_is_read_than_it_takes(bool asJson)
    {
        var pipe = new Pipe(new(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 1));
        var writing = WriteAsync(pipe.Writer, asJson);
        for (var taken = 1; taken <= 10; taken++)
        {
            var read = await pipe.Reader.ReadAsync();
            Assert.InRange(_read, taken, taken + 1);
            pipe.Reader.AdvanceTo(read.Buffer.End);
        }
        await pipe.Reader.CompleteAsync();
        await Assert.ThrowsAsync<ReaderGoneException>(() => writing);
        Assert.InRange(_read, 10, 12);
    }

    [Fact]
    public async Task Nothing_is_begun_of_a_text_that_cannot_be_read()
    {
        var (pipe, isBegun) = (new Pipe(), false);
        await Assert.ThrowsAsync<StoreException>(() => pipe.Writer.WriteAsync(Broken, default, () => isBegun = true));
        Assert.False(isBegun);
    }

    private Task WriteAsync(PipeWriter output, bool asJson) =>
        asJson ? output.WriteJsonAsync(new Utf8JsonWriter(output), EndlessAsync, default) : output.WriteAsync(EndlessAsync, default);

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> EndlessAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            _read++;
            yield return Piece;
        }
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Broken([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        throw new StoreException("It is damaged.");
#pragma warning disable CS0162 // An iterator needs a yield.
        yield break;
#pragma warning restore CS0162
    }
}
