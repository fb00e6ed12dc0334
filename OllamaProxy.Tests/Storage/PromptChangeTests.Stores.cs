using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage;

/// <content>The two stores.</content>
public abstract partial class PromptChangeTests
{
    public sealed class OnSqlite : PromptChangeTests, IAsyncLifetime, IDisposable
    {
        private readonly TempFolder _folder = new();
        private readonly SqlitePromptStore _store;

        public OnSqlite() => _store = SqlitePromptStore.Open(_folder.File("queue.db"), "llama3.2", Time);

        protected override IPromptStore Store => _store;

        [StoreFact]
        public async Task A_purge_gives_the_room_of_the_file_back()
        {
            for (var n = 0; n < 20; n++)
            {
                await Store.AddAsync(New(new string('x', 100_000)), 0, default);
                await Store.CompleteAsync((await Store.ClaimAsync(Terms, default))!.Lease, Partial, default);
            }
            Time.Advance(TimeSpan.FromDays(1));

            Assert.Equal(20, await Store.PurgeAsync(Time.GetUtcNow(), 100, default));

            while (await Store.ShrinkAsync(default))
            {
                // Each call gives some of it back.
            }
            await _store.DisposeAsync();
            Assert.InRange(new FileInfo(_folder.File("queue.db")).Length, 0, 300_000);
        }

        public Task InitializeAsync() => Task.CompletedTask;

        public async Task DisposeAsync() => await _store.DisposeAsync();

        public void Dispose() => _folder.Dispose();
    }

    public sealed class OnPostgres : PromptChangeTests, IAsyncLifetime
    {
        private readonly StoreHome _home = StoreHome.Postgres();
        private IPromptStore _store = null!;

        protected override IPromptStore Store => _store;

        public async Task InitializeAsync() => _store = await _home.OpenAsync(Time);

        public async Task DisposeAsync() => await _home.DisposeAsync();
    }
}
