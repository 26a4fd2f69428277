import { expect, test } from '@jest/globals';
import { connect, contractOf, withClient } from './sandbox-user.js';

const running = withClient();

test('Categories, countries and platforms come in pages, and sources can be filtered by them.', async () => {
  const contractDetails = contractOf(running, 'read');
  const { sdk } = running;
  const categories = await sdk.queryCategories({ contractDetails });
  const countries = await sdk.queryCountries({ contractDetails });
  const platforms = await sdk.queryPlatforms({ contractDetails });
  const kinds = { category: categories, country: countries, platform: platforms };
  for (const [kind, page] of Object.entries(kinds)) {
    expect(page).toMatchObject({ limit: expect.any(Number), offset: 0, total: page.data.length });
    expect(page.data.length).toBeGreaterThan(1);
    const { id } = page.data.at(0) ?? {};
    const filter = { [kind]: { id: [id] }, publishedStatus: ['approved'] };
    const sources = await sdk.querySources({ contractDetails, sourcesBodyParams: { query: { filter } } });
    const all = await sdk.querySources({ contractDetails, sourcesBodyParams: {} });
    expect([kind, sources.total > 0, sources.total < all.total]).toEqual([kind, true, true]);
  }
  const descending = { limit: 2, offset: 1, sort: { name: 'desc' as const } };
  const names = categories.data.map(({ name }) => String(name)).sort((a, b) => b.localeCompare(a, 'en'));
  const page = await sdk.queryCategories({ contractDetails, categoriesBodyParams: descending });
  expect(page).toMatchObject({ limit: 2, offset: 1, total: categories.total });
  expect(page.data.map(({ name }) => name)).toEqual(names.slice(1, 3));
  const country = await sdk.queryCountries({ contractDetails, countriesBodyParams: { limit: 1, offset: 1 } });
  expect(country.data).toEqual([countries.data[1]]);
  const platform = await sdk.queryPlatforms({
    contractDetails,
    platformsBodyParams: { limit: 1, offset: 1 },
  });
  expect(platform.data).toEqual([platforms.data[1]]);
});

test('Each sample data set of a source is one that a consent takes; a source without any is refused.', async () => {
  const contractDetails = contractOf(running, 'read');
  const sets = await running.sdk.getServiceSampleDataSets({ contractDetails, sourceId: 16 });
  expect(Object.keys(sets)).toContain('default');
  for (const set of Object.values(sets)) {
    expect(set).toMatchObject({ name: expect.any(String), description: expect.any(String) });
  }
  for (const sourceId of [9001, 123_456]) {
    await expect(running.sdk.getServiceSampleDataSets({ contractDetails, sourceId })).rejects.toMatchObject({
      error: { code: 'NotFound', statusCode: 404 },
    });
  }
});

test('A portability report tells the providers of a person, within a period.', async () => {
  const user = await connect(running, 'provider', { sourceType: 'push', serviceId: 9005 });
  const report = { ...user, format: 'xml', serviceType: 'medmij' } as const;
  const { file, userAccessToken } = await running.sdk.getPortabilityReport(report);
  expect(file).toMatch(/^<\?xml version="1.0"/);
  expect(file).toContain('<Provider ');
  expect(userAccessToken).toEqual(user.userAccessToken);
  const period = await running.sdk.getPortabilityReport({ ...report, from: 0, to: 1 });
  expect(period.file).toContain('<PortabilityReport ');
  await expect(running.sdk.getPortabilityReport({ ...report, serviceType: 'other' })).rejects.toMatchObject({
    error: { code: 'InvalidRequest', statusCode: 400 },
  });
});
